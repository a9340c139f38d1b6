"""Speed and memory of Voltlake beside other programs, each in an environment of its own."""
