"""What tools/demo is made of: the screen, the stage (cluster and headgate), the tour."""
