"""Webhooks: notifications to small offices that cannot hold a stream."""
