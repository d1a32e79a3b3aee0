"""The forms of the app: filled from the record, scored by the rules themselves, written back to the record or kept.

They work without script; the one module (`static/forms.js`) only asks the server while somebody types.
"""
