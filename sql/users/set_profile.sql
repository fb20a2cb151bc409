-- Returns no row if the handle $2 is reserved for its former owner.
update users
set handle = $2, display_name = $3
where uuid = $1
returning uuid
