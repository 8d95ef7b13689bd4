"""Elementwise physics of light, by which the simulator paints its scenes and training its pixels: one set of formulas,
so that both cannot drift apart.

`grains`: what light does between the grains of a powder. `surface`: films of water, dust, stains. `water`: its
absorption. `continuum`: smooth curves without a mineral's name. `pixel`: lamp, facet and detector. All work on arrays
that broadcast, and answer in the dtype that they are given: float64 in the simulator, float32 in training.
"""
