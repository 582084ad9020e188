"""`make new`: writes a resource of a service, or a whole service, that runs and passes all tests.

The templates are the files of `deploy/scaffold`; `names` lists their placeholders.
"""
