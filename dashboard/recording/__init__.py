"""What has been: lines, rates, figures."""
