"""What people and the runner get to see: log, outputs, annotations and summary."""
