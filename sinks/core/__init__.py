"""The core log: boxes of drill core as they were scanned, the depth of what lies in them, minerals by interval, and the
files that geologists read."""
