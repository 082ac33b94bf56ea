"""智慧社区智慧物业综合管理平台: the application package (see ``app.factory.create_app``)."""
