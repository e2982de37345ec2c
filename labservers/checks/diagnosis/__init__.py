"""From what probes saw to the cause: deaths and threads first, then symptoms, then the source."""
