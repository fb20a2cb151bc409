-- Returns no row if the handle, the e-mail or the cognito_user_id is already taken.
insert into users (display_name, handle, email, cognito_user_id)
values ($1, $2, $3, $4)
on conflict do nothing
returning uuid, handle, display_name
