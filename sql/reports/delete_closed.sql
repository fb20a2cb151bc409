-- Deletes the reports that have been closed for 90 days, with the copied messages.
delete from reports
where closed_at < now() - interval '90 days'
