"""Every picture of the course, in one module for each lesson, named as the lesson is.

A still picture is a function: numbers in, ``Picture(figure, caption)`` out. One that moves is a ``Scene``. What either
has to compute is a function without matplotlib before it; where a lesson has many of them, they fill a private module.
"""
