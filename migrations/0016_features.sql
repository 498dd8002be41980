-- Content features, by which users and items without interactions are ranked.

ALTER TABLE ncf.runs ADD COLUMN features jsonb;
COMMENT ON COLUMN ncf.runs.features IS
  'Content features: user_rows and item_rows that users.features and items.features gave, '
  'user_features and item_features that the model has learnt of, and new_users and new_items that it '
  'ranks by them alone; NULL for a job without';
