-- Whether a person shows those they write with what has reached them and what they have read. Who does not show it does not
-- see it of others either.
alter table users add column receipts boolean not null default true;
