"""The past of a program: lines, rates, figures."""
