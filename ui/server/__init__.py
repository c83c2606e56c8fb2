"""What the server answers besides Streamlit's pages: pictures of runs, the chart library, and headers on everything."""
