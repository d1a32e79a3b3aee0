"""The pages of the SMART app: one patient at a glance, and the reference pages of the guideline.

The page asks the same engine as a hook and shows exactly its findings. `view.patient_view` is pure: a record in, a view
out; `page` turns the view into HTML that needs no script; `routes` is the thin layer that knows sessions and HTTP.
"""
