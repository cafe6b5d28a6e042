"""The Management API: HTTP, its calls, what it says, and what its errors mean."""
