"""What the commands do, one file per command, imported when it runs; `grammar` says how they are called."""
