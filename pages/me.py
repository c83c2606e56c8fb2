"""The person who is signed in: quotas, what waits, and the way out."""

from ui.teaching import mine

mine.page()
