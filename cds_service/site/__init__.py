"""What one site decides and watches: its policy, its codes, the burden of its alerts, and whether rules still fire."""
