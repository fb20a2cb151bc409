-- Returns true if the user of the account $1 has been deleted.
select exists (select from deleted_users where cognito_user_id = $1) as "is_deleted!"
