"""Class: what everybody trains, for the teacher."""

from ui.teaching import view

view.page()
