"""Evaluation of models on rocks that they have not seen: what is judged, by whom, and how sure the figures are."""
