-- Lists whose places are not 1, 2, 3 ..., that hold an item twice, whose scores rise, or that are of
-- different runs.
SELECT user_id
FROM (
  SELECT user_id, rank, item_id, score, run_id,
    lag(score) OVER (PARTITION BY user_id ORDER BY rank) AS score_before
  FROM {{ source('ncf_lists', 'recommendations') }}
) AS places
GROUP BY user_id
HAVING count(DISTINCT rank) <> count(*) OR min(rank) <> 1 OR max(rank) <> count(*)
  OR count(DISTINCT item_id) <> count(*) OR count(DISTINCT run_id) <> 1
  OR bool_or(score > score_before)
