"""`nskeys demo`: the app on a made-up server that is gone when the app is left, however it ends."""
