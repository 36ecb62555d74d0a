"""What a dataset holds of one video or clip, read from its tables: captions, evidence, transcript, measures."""
