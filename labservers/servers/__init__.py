"""The lab's servers, one file a task."""
