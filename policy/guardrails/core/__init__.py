"""What every group of rules is built from: safe reading, verdicts, rules, waivers."""
