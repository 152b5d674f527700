"""What runs it unattended: the units of cron and systemd."""
