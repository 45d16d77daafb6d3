"""What has happened, and how it is kept: vocabulary, entries, log, stores."""
