"""Data turned into figures; no Streamlit in here."""
