"""The teaching apparatus: pictures, sliders, exercises. It imports the library, never the other way round."""
