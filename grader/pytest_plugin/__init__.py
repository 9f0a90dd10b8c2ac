"""`pytest --assignment NAME submissions/`: one test for each gradient of each submission."""
