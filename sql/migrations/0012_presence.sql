-- Whether others see that a user is online. A user who does not show it does not see it of others either.
alter table users add column presence boolean not null default true;
