"""The commands and their options, a file each; light, so that `--help` loads no torch and no store."""
