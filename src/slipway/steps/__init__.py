"""The steps of the pipelines: each wires the rooms of the library and does the reading and writing.

A component's body calls one of them; so does anyone who wants the step without KFP.
"""
