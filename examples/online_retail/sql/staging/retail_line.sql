-- One row per invoice line; the lines of an invoice become one touchpoint with their sum (line_of).
-- grain: load_id, row_number
-- rebuild: full
-- requires: InvoiceNo, StockCode, Quantity, InvoiceDate, UnitPrice, CustomerID
-- Invoices that begin with C are cancellations; those that begin with A adjust bad debt and concern no customer.
with line as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "InvoiceNo": "VARCHAR", "StockCode": "VARCHAR", "Quantity": "VARCHAR", "InvoiceDate": "VARCHAR",
                "UnitPrice": "VARCHAR", "CustomerID": "VARCHAR", "Country": "VARCHAR"
            }'
        ) as body
    from raw.retail_line
),

staged as (
    select
        load_id,
        row_number,
        source,
        concat_ws('|', body.invoiceno, body.stockcode, body.quantity, body.unitprice, body.invoicedate) as source_event_id,
        body.invoiceno as line_of,
        case
            when starts_with(body.invoiceno, 'C') then 'order_refunded'
            when not starts_with(body.invoiceno, 'A') then 'order_placed'
        end as activity,
        body.invoicedate as occurred_at,
        'Europe/London' as time_zone,
        [{'identity_type': 'customer_id', 'identity_value': body.customerid}] as identities,
        body.country,
        body.invoiceno as order_id,
        cast(
            try_cast(body.quantity as decimal(18, 4)) * try_cast(body.unitprice as decimal(18, 4)) as decimal(18, 4)
        )::varchar as amount,
        'GBP' as currency
    from line
)

select * from staged
