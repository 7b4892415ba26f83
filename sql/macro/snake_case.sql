-- snake_case(value): `Product Viewed`, `productViewed` and `product-viewed` → product_viewed; null when nothing is
-- left.
create or replace macro snake_case(value) as
nullif(
    trim(
        regexp_replace(
            lower(
                regexp_replace(
                    regexp_replace(value, '(\p{Ll}|\p{N})(\p{Lu})', '\1_\2', 'g'),
                    '(\p{Lu})(\p{Lu}\p{Ll})', '\1_\2', 'g'
                )
            ),
            '[^\p{L}\p{N}]+', '_', 'g'
        ),
        '_'
    ),
    ''
)
