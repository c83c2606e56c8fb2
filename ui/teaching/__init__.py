"""Pages of a class: the entrance, what one's own quotas are, and the teacher's view."""
