"""The Streamlit side of GAN Workbench: forms, charts, live views. Pages read state, call these, and render."""
