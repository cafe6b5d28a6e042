"""What a release does: `.github/workflows/release.yml` and `make release-dry-run` call `python3 -m release`.

Of the standard library alone, since the jobs that may write install nothing.
"""
