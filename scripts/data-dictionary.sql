-- Writes the data dictionary as Markdown: every relation and column of the schema ncf, with the comments
-- that migrations and the job gave them. For psql -XqAt, after a night whose output.schema is ncf.
SET search_path = '';
WITH relation AS (
  SELECT c.oid, c.relname AS name, c.relkind AS kind,
    CASE
      WHEN c.relkind = 'v' THEN 1
      WHEN c.relname LIKE '%\_by\_run' THEN 2
      ELSE 3
    END AS part,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class AS c
  WHERE c.relnamespace = 'ncf'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p', 'v')
    AND NOT c.relispartition
),
line AS (
  SELECT 0 AS part, '' AS name, 0 AS place, pg_catalog.concat_ws(E'\n',
    '# Data dictionary', '',
    'Every relation of the schema `ncf` and every column, in the words of the comments that migrations '
    'and the job give them: `\d+` in psql shows the same.', '',
    '## Overview', '',
    'The types of ids are the source''s own; here they are `bigint`. A job with another `output.schema` '
    'has the first two groups there, and shares the third with all jobs of the database.', '',
    'This page is written by `scripts/data-dictionary`, from a database after a night.') AS text
  UNION ALL
  SELECT p.part, '', 0, pg_catalog.concat_ws(E'\n', '', '## ' || p.title, '', p.words)
  FROM (VALUES
    (1, 'What readers read', 'Views. What shows lists shows those of the live run.'),
    (2, 'What is behind the views', 'Rows of every kept run; readers need it for history.'),
    (3, 'Runs, figures and models', 'Tables of the migrations.'),
    (4, 'Functions', 'Made by the migrations.')) AS p (part, title, words)
  UNION ALL
  SELECT r.part, r.name, 1, pg_catalog.concat_ws(E'\n',
    '', '### ncf.' || r.name, '', coalesce(r.comment, '') || '.', '', '| column | type | |', '|---|---|---|',
    (SELECT pg_catalog.string_agg(
        pg_catalog.format('| `%s` | `%s` | %s |', a.attname,
          pg_catalog.format_type(a.atttypid, a.atttypmod),
          pg_catalog.replace(coalesce(pg_catalog.col_description(r.oid, a.attnum), ''), '|', '\|')),
        E'\n' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM relation AS r
  UNION ALL
  SELECT 4, p.oid::pg_catalog.regprocedure::text, 1, pg_catalog.concat_ws(E'\n', '',
    pg_catalog.format('- `%s` gives `%s`: %s.', p.oid::pg_catalog.regprocedure,
      pg_catalog.pg_get_function_result(p.oid),
      coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '')))
  FROM pg_catalog.pg_proc AS p
  WHERE p.pronamespace = 'ncf'::pg_catalog.regnamespace
    AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
)
SELECT l.text FROM line AS l ORDER BY l.part, l.name COLLATE "C", l.place;
