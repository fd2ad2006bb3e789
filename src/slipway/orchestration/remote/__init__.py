"""A KFP that runs elsewhere: reaching it, uploading to it, starting and following runs, schedules."""
