-- A search that takes longer would make the following ones wait. Its user can try again with more words.
set statement_timeout = '500ms'
