SELECT item_id FROM {{ source('ncf_lists', 'similar_items') }} WHERE item_id = similar_item_id
