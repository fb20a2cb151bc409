-- Where the client of a session is, as CloudFront tells it from the address. Null without CloudFront.
alter table sessions add column place text;
