-- Grafana's login in docker-compose.yml: a member of ncf_read with the password of that file.
-- Run by psql, after roles.sql; may be repeated.
\getenv password GRAFANA_PASSWORD
SELECT 'CREATE ROLE grafana LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana PASSWORD :'password';
GRANT ncf_read TO grafana;
