delete from rate_limits
where full_at <= now()
