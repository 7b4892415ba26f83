-- customer_bucket(customer_id, bucket_count): which of so many parts a customer is worked on in. Stable, and even: the
-- customer id is a hash, so its digits are spread evenly.
create or replace macro customer_bucket(customer_id, bucket_count) as
cast(cast('0x' || substr(customer_id, 3, 8) as bigint) % cast(bucket_count as bigint) as integer)
