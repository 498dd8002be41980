-- What the gate looked at, beside the reason in words, so that a refusal can be understood and the
-- history of its figures read by SQL.

ALTER TABLE ncf.runs ADD COLUMN gate jsonb;
COMMENT ON COLUMN ncf.runs.gate IS
  'What the gate looked at: verdict (publish, refuse, force), reasons, live_run_id, mean '
  'whole-catalogue ndcg at evaluate.k beside itempop_ndcg and live_ndcg, p_value of the last '
  'difference, coverage, users and rows beside the live run''s; NULL when it was not asked';
