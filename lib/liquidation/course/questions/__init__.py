"""The questions of the exercises, in one module for each lesson, named as the lesson is: ``QUESTIONS``, in order."""
