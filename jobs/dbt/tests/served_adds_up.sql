-- Tenths and groups whose counts are not those of ncf.served, source model.
WITH whole AS (
  SELECT job, slot, generation, day, taking_users, hits
  FROM {{ source('ncf', 'served') }}
  WHERE source = 'model' AND taking_users > 0
),
parts AS (
  SELECT 'tenth' AS part, job, slot, generation, day, sum(taking_users) AS taking_users, sum(hits) AS hits
  FROM {{ source('ncf', 'served_tenths') }} GROUP BY job, slot, generation, day
  UNION ALL
  SELECT dimension, job, slot, generation, day, sum(taking_users), sum(hits)
  FROM {{ source('ncf', 'served_groups') }} WHERE source = 'model'
  GROUP BY dimension, job, slot, generation, day
)
SELECT p.part, p.job, p.day
FROM parts AS p
LEFT JOIN whole AS w USING (job, slot, generation, day)
WHERE w.hits IS DISTINCT FROM p.hits OR w.taking_users IS DISTINCT FROM p.taking_users
