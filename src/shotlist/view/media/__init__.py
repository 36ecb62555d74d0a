"""What is shown and played: stills, video files, clips cut on the fly, lanes over time."""
